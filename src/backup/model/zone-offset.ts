const SECOND_MS = 1000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the clocks of a time zone are ahead of UTC at a moment, in milliseconds. */
export function offsetMs(timeZone: string, at: number): number {
  if (timeZone === 'UTC') return 0;
  const [, sign, hours, minutes, seconds = 0] =
    /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(formatOf(timeZone).format(at)) ?? [];
  if (!sign) return 0; // "GMT" alone
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * SECOND_MS;
  return sign === '-' ? -ms : ms;
}

/**
 * When the clocks of a time zone were changed between two moments that are a few days apart at most, and by how much.
 * @returns the first moment of the new offset, and the offsets before and after; undefined when nothing changed
 */
export function changeOfOffset(
  timeZone: string,
  from: number,
  to: number,
): { at: number; before: number; after: number } | undefined {
  const before = offsetMs(timeZone, from);
  const after = offsetMs(timeZone, to);
  if (before === after) return undefined;
  let earlier = Math.floor(from / SECOND_MS);
  let later = Math.ceil(to / SECOND_MS);
  while (later - earlier > 1) {
    const middle = Math.floor((earlier + later) / 2);
    if (offsetMs(timeZone, middle * SECOND_MS) === before) earlier = middle;
    else later = middle;
  }
  return { at: later * SECOND_MS, before, after };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  formats.set(timeZone, format);
  return format;
}
