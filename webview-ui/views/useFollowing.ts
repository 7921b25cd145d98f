import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Placed {
  /** Grows with the order of arrival. */
  readonly place: number;
}

interface Following {
  readonly list: RefObject<HTMLOListElement | null>;
  readonly unseen: number;
  readonly toNewest: () => void;
}

/** At the top the list follows; once scrolled it stays, and counts what came since. `shown`: the newest first. */
export function useFollowing(shown: readonly Placed[]): Following {
  const list = useRef<HTMLOListElement>(null);
  /** The place of the newest event that was seen; undefined while following. */
  const [seen, setSeen] = useState<number | undefined>();
  const newest = shown[0]?.place ?? 0;
  useLayoutEffect(() => {
    const box = list.current;
    if (!box) return;
    const onScroll = (): void => {
      setSeen((known) => (box.scrollTop < 8 ? undefined : (known ?? newest)));
    };
    box.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      box.removeEventListener('scroll', onScroll);
    };
  }, [newest]);
  return {
    list,
    unseen: seen === undefined ? 0 : shown.filter(({ place }) => place > seen).length,
    toNewest: () => {
      list.current?.scrollTo({ top: 0 });
      list.current?.focus({ preventScroll: true });
    },
  };
}
