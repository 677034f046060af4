import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Which rows of a list are to be drawn: those in sight, and some around them. */
export function rowsInSight(
  count: number,
  rowHeight: number,
  top: number,
  height: number,
): { readonly from: number; readonly to: number } {
  const around = 6;
  const from = Math.max(Math.floor(top / rowHeight) - around, 0);
  return {
    from: Math.min(from, count),
    to: Math.min(Math.ceil((top + height) / rowHeight) + around, count),
  };
}

interface VirtualListProps {
  /** What it lists, for those who don't see it. */
  readonly label: string;
  readonly keys: readonly string[];
  readonly rowHeight: number;
  readonly selected?: string | undefined;
  readonly empty: string;
  readonly onSelect?: (key: string) => void;
  row(key: string): ComponentChildren;
}

/** A list of any length, of which only what is in sight is drawn; arrow keys, Home, End and Page keys move the selection. */
export function VirtualList(props: VirtualListProps): VNode {
  const { label, keys, rowHeight, selected, empty, onSelect, row } = props;
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setHeight(entry!.contentRect.height));
    observer.observe(list.current!);
    return () => observer.disconnect();
  }, []);
  const { from, to } = rowsInSight(keys.length, rowHeight, top, height);
  const at = selected === undefined ? -1 : keys.indexOf(selected);
  const move = (event: KeyboardEvent): void => {
    const next = nextIndex(event.key, at, keys.length, Math.floor(height / rowHeight));
    if (next === undefined || !onSelect) return;
    event.preventDefault();
    onSelect(keys[next]!);
    const seen = list.current!;
    if (next * rowHeight < seen.scrollTop) seen.scrollTop = next * rowHeight;
    else if ((next + 1) * rowHeight > seen.scrollTop + height)
      seen.scrollTop = (next + 1) * rowHeight - height;
  };
  const isShown = at >= from && at < to;
  return (
    <div
      class="list"
      ref={list}
      role="listbox"
      tabIndex={0}
      aria-label={`${label}: ${keys.length}`}
      aria-activedescendant={isShown ? `${label}-${at}` : undefined}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={move}
    >
      {keys.length === 0 && <p class="empty">{empty}</p>}
      <div class="rows" style={{ height: `${keys.length * rowHeight}px` }}>
        {keys.slice(from, to).map((key, index) => (
          <div
            class="row"
            key={key}
            id={`${label}-${from + index}`}
            role="option"
            aria-selected={key === selected}
            aria-posinset={from + index + 1}
            aria-setsize={keys.length}
            style={{ height: `${rowHeight}px`, top: `${(from + index) * rowHeight}px` }}
            onClick={() => onSelect?.(key)}
          >
            {row(key)}
          </div>
        ))}
      </div>
    </div>
  );
}

/** Where a key of the keyboard leads. */
export function nextIndex(
  key: string,
  at: number,
  count: number,
  page: number,
): number | undefined {
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: count - 1,
    PageDown: at + page,
    PageUp: at - page,
  }[key];
  if (to === undefined || count === 0) return undefined;
  return Math.min(Math.max(to, 0), count - 1);
}
