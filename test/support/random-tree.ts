import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';

/** Numbers that are the same in every run with the same seed. */
export class Dice {
  constructor(private state: number) {}

  /** 0 … sides - 1 */
  roll(sides: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * sides);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.roll(values.length)]!;
  }

  bytes(size: number): Buffer {
    return Buffer.from(Array.from({ length: size }, () => this.roll(256)));
  }
}

const NAMES = ['a', 'b', 'c.txt', 'd e', '..x', 'ü', 'n\new', 'a.b', 'a-b', '"q"', '\\', 'z'.repeat(130), '-rf', '*'];

/** A tree in a folder, and whatever can happen to one. */
export class RandomTree {
  constructor(
    readonly folder: string,
    private readonly dice: Dice,
  ) {}

  grow(steps: number): void {
    for (let step = 0; step < steps; step++) this.change();
  }

  /** One random thing happens. */
  change(): void {
    const { dice } = this;
    const path = this.newPath();
    const known = this.anything();
    switch (dice.roll(13)) {
      case 0:
      case 1:
        return this.without(path, () => mkdirSync(path));
      case 2:
      case 3:
      case 4:
        return this.without(path, () => writeFileSync(path, dice.bytes(dice.roll(dice.pick([2, 600, 5000])))));
      case 5:
        return this.without(path, () => symlinkSync(dice.pick(['nowhere', '/etc', '../..', 'a']), path));
      case 6:
        return this.onFile(known, () => this.without(path, () => linkSync(known!, path)));
      case 7:
        return this.onFile(known, () => this.rewriteUnnoticed(known!));
      case 8:
        return this.onFile(known, () => truncateSync(known!, dice.roll(50)));
      case 9:
        if (known && dice.roll(3) === 0) rmSync(known, { recursive: true });
        return;
      case 10:
        if (known && lstatSync(known).isFile()) chmodSync(known, dice.pick([0o644, 0o600, 0o755, 0o4711]));
        else if (known && lstatSync(known).isDirectory()) chmodSync(known, dice.pick([0o755, 0o700, 0o2775]));
        return;
      case 11:
        if (known && !`${path}/`.startsWith(`${known}/`)) this.without(path, () => renameSync(known, path));
        return;
      case 12:
        if (known && !lstatSync(known).isSymbolicLink()) utimesSync(known, 1, dice.roll(1_700_000_000) + 0.25);
    }
  }

  /** Other bytes, the same size, the same time: only the change time tells. */
  private rewriteUnnoticed(path: string): void {
    const { size, mtime } = lstatSync(path);
    writeFileSync(path, this.dice.bytes(size));
    utimesSync(path, mtime, mtime);
  }

  private onFile(path: string | undefined, run: () => void): void {
    if (path !== undefined && lstatSync(path).isFile()) run();
  }

  private without(path: string, run: () => void): void {
    if (!existsSync(path) && !lstatSync(path, { throwIfNoEntry: false })) run();
  }

  private newPath(): string {
    return `${this.dice.pick(this.folders())}/${this.dice.pick(NAMES)}`;
  }

  private anything(): string | undefined {
    const all = this.all(this.folder);
    return all.length === 0 ? undefined : this.dice.pick(all);
  }

  private folders(): string[] {
    return [this.folder, ...this.all(this.folder).filter((path) => lstatSync(path).isDirectory() && path.length < 900)];
  }

  private all(folder: string): string[] {
    return readdirSync(folder).flatMap((name) => {
      const path = `${folder}/${name}`;
      return lstatSync(path).isDirectory() ? [path, ...this.all(path)] : [path];
    });
  }
}
