/** A program of ours, bundled, as text to run with `node -e` (see esbuild.mjs). */
declare module '*?bundle' {
  const source: string;
  export default source;
}
