export interface VscodeServer {
  readonly version: string;
  readonly node: string;
  readonly serverMain: string;
  /** What a window needs that runs an extension's tests by itself. */
  readonly driverFlags: readonly string[];
}
export declare const OLDEST: string;
export declare const NEWEST: string;
export declare function ensureVscodeServer(version: string): Promise<VscodeServer>;
