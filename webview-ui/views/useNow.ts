import { useEffect, useState } from 'preact/hooks';

/**
 * The time, milliseconds since the epoch, renewed on each full second while `live` and while the page is seen; so all
 * clocks of the page change together, and none costs anything when nobody looks.
 */
export function useNow(live: boolean): number {
  const [, setTick] = useState(0);
  useEffect(() => {
    if (!live) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = (): void => {
      setTick((count) => count + 1);
      timer = setTimeout(tick, 1_000 - (Date.now() % 1_000));
    };
    const follow = (): void => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') tick();
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', follow);
    };
  }, [live]);
  return Date.now();
}
