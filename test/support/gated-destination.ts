import type { FoundProblem, FoundSnapshot } from '../../src/backup/destinations/destination.js';
import { LocalDestination } from '../../src/backup/destinations/local.destination.js';

/** A backup folder in which some manifests cannot be read until the gate is opened, as on a disk that is slow. */
export class GatedDestination extends LocalDestination {
  /** Ids whose manifests were asked for, in that order. */
  readonly asked: string[] = [];
  readonly open: () => void;
  private readonly opened: Promise<void>;

  /** @param isBehind which of them stand behind the gate */
  constructor(
    directory: string,
    private readonly isBehind: (id: string) => boolean,
  ) {
    super(directory);
    let open = (): void => undefined;
    this.opened = new Promise((resolve) => (open = resolve));
    this.open = open;
  }

  override async readLoose(id: string): Promise<FoundSnapshot | FoundProblem> {
    this.asked.push(id);
    if (this.isBehind(id)) await this.opened;
    return super.readLoose(id);
  }
}
