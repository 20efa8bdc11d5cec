/**
 * The one way to write a JSON value of plain objects, lists, strings, finite numbers, booleans and nulls: no white space, members in the order of their names
 * (UTF-16 code units), fields that are undefined left out. RFC 8785; `jq -cS .` prints the same for what manifests hold.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
