import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest comes first, so that nothing long is left to the last worker. */
const ORDER = ['servers', 'e2e', 'integration', 'browser', 'unit', 'dashboard', 'apps'];

/** Keeps the files of a project together: a worker that goes on with the same project has its modules loaded already. */
export class ProjectSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = (file: TestSpecification) => ORDER.indexOf(file.project.name);
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
