/**
 * Reads a time in RFC 3339 as Go does, and writes it as metav1.Time is written: in UTC, to the second.
 *
 * @throws RangeError in Go's words
 */
export function parseTime(value: string): string {
  return parse(value, '2006-01-02T15:04:05Z07:00', /^(?:[.,]\d+)?/, '').utcSeconds;
}

/**
 * The same with exactly six digits of a second's fraction, as metav1.MicroTime demands and keeps.
 *
 * @throws RangeError in Go's words
 */
export function parseMicroTime(value: string): string {
  const layout = '2006-01-02T15:04:05.000000Z07:00';
  const { utcSeconds, fraction } = parse(value, layout, /^\.\d{6}/, '.000000');
  return utcSeconds.replace('Z', `${fraction}Z`);
}

function parse(
  value: string,
  layout: string,
  fractionPattern: RegExp,
  fractionName: string,
): { utcSeconds: string; fraction: string } {
  let rest = value;
  const take = (pattern: RegExp, element: string): string => {
    const [found] = pattern.exec(rest) ?? [];
    if (found === undefined) {
      throw new RangeError(
        `parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(element)}`,
      );
    }
    rest = rest.slice(found.length);
    return found;
  };
  const year = take(/^\d{4}/, '2006');
  take(/^-/, '-');
  const month = take(/^\d{2}/, '01');
  take(/^-/, '-');
  const day = take(/^\d{2}/, '02');
  take(/^T/, 'T');
  const hour = take(/^\d{2}/, '15');
  take(/^:/, ':');
  const minute = take(/^\d{2}/, '04');
  take(/^:/, ':');
  const second = take(/^\d{2}/, '05');
  const fraction = take(fractionPattern, fractionName);
  const zone = take(/^(?:Z|[+-]\d{2}:\d{2})/, 'Z07:00');
  const problem = (why: string) => new RangeError(`parsing time ${JSON.stringify(value)}: ${why}`);
  if (rest !== '') throw problem(`extra text: ${JSON.stringify(rest)}`);
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(month) < 1 || Number(month) > 12) throw problem('month out of range');
  if (Number(day) < 1 || Number(day) > daysInMonth) throw problem('day out of range');
  if (Number(hour) > 23) throw problem('hour out of range');
  if (Number(minute) > 59) throw problem('minute out of range');
  if (Number(second) > 59) throw problem('second out of range');
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  return { utcSeconds: date.toISOString().replace('.000Z', 'Z'), fraction };
}
