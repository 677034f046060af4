import { identifierOf, type CauseRow, type ErrorText } from '../src/protocol.ts';

/** What is shown of a key. */
export interface Label {
  readonly kind: string;
  /** `apps/v1`. */
  readonly groupVersion: string;
  /** `namespace/name`, or what of the kind is meant. */
  readonly place: string;
  /** For searches, in lower case. */
  readonly searched: string;
  /** For order: `a-2` comes before `a-10`. */
  readonly order: string;
}

/** Characters that are not seen, or that change how others are: they are written out. */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`,
  );
}

export function labelOf(key: string): Label {
  const { group, version, kind, namespace, name, selector } = identifierOf(key);
  const what = name ?? (selector ? `[${selector}]` : '(all)');
  const place = visible(namespace ? `${namespace}/${what}` : what);
  const groupVersion = visible(group ? `${group}/${version}` : version);
  const shown = visible(kind);
  const searched = `${shown} ${place} ${groupVersion}`.toLowerCase();
  const order = searched.replace(/\d+/g, (digits) => digits.padStart(10, '0'));
  return { kind: shown, groupVersion, place, searched, order };
}

/** A length of time, in its two largest units at most. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(Math.round(ms), 0)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const;
  const first = units.findIndex(([size]) => whole >= size);
  const [size, unit] = units[first]!;
  const [nextSize, nextUnit] = units[first + 1]!;
  const rest = Math.floor((whole % size) / nextSize);
  return `${Math.floor(whole / size)} ${unit}${rest > 0 ? ` ${rest} ${nextUnit}` : ''}`;
}

/** `3 modified`, say, of several. */
export function causeText({ type, watched, object, cluster }: CauseRow): string {
  const what = watched ? labelOf(watched) : undefined;
  const parts = [
    type,
    what && `${what.kind} ${what.place}`,
    object && `(${visible(object)})`,
    cluster && `in ${visible(cluster)}`,
  ];
  return parts.filter(Boolean).join(' ');
}

export function errorText({ code, reason, message }: ErrorText): string {
  const what = [code, reason && `(${reason})`].filter(Boolean).join(' ');
  return visible(what ? `${what}: ${message}` : message);
}
