/** Whether a client takes gzip, by its `Accept-Encoding` (RFC 9110, 12.5.3). */
export function takesGzip(accepted: string | undefined): boolean {
  const weights = new Map((accepted ?? '').split(',').map((entry) => weighed(entry)));
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}

function weighed(entry: string): [coding: string, weight: number] {
  const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  return [coding, weight === undefined ? 1 : Number(weight.slice(2))];
}
