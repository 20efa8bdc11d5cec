type Rows = Map<string, string[]>;
export function readFull(document: string): Rows;
export function readDifferential(base: string, document: string): Rows;
