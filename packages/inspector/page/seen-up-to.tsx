import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { WatchedRow } from '../src/protocol.ts';

/** How often the version of what is looked at is asked for, in milliseconds. */
const everyMs = 2000;

interface SeenUpToProps {
  /** As it was told last, which a new version alone is no reason for. */
  readonly row: WatchedRow;
  look(key: string): Promise<WatchedRow | undefined>;
}

/** Up to which version something was seen: asked for while it is shown, since versions move too often to be told of all. */
export function SeenUpTo({ row, look }: SeenUpToProps): VNode | null {
  const [asked, setAsked] = useState<WatchedRow>();
  useEffect(() => {
    let isShown = true;
    const ask = async (): Promise<void> => {
      const found = document.hidden ? undefined : await look(row.key);
      if (isShown && found) setAsked(found);
    };
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => {
      isShown = false;
      clearInterval(timer);
    };
  }, [row.key]);
  const { resourceVersion } = asked?.key === row.key ? asked : row;
  if (resourceVersion === undefined) return null;
  return (
    <>
      , seen up to version <bdi>{resourceVersion}</bdi>
    </>
  );
}
