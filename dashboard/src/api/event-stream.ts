/** Takes a stream of server-sent events apart. Of the format only what carries data matters here. */
export class EventParser {
  private rest = '';
  private data: string[] = [];

  /** The data of every event that this piece of text completes. */
  push(text: string): string[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!;
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): string[] {
    if (line === '') {
      const complete = this.data.length > 0 ? [this.data.join('\n')] : [];
      this.data = [];
      return complete;
    }
    const field = /^data(?:: ?(.*))?$/s.exec(line);
    if (field) this.data.push(field[1] ?? '');
    return [];
  }
}

/** The data of the events in a response body. `EventSource` cannot send the token, `fetch` can. */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => undefined); // it is gone already where the connection broke
  }
}
