/** Resolves when the signal is aborted, or was before. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const told = (): void => {
      resolve();
    };
    if (signal.aborted) told();
    else signal.addEventListener('abort', told, { once: true });
  });
}
