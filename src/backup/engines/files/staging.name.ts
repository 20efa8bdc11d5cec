import { parseTemporaryName, temporaryPath } from '../../system/temporary-file.js';

const NAME = 'nestjs-backup-restore';

/** The folder in which a restore prepares what it will put into this one. */
export const stagingPath = (folder: string): string => temporaryPath(`${folder}/${NAME}`);

/** Never captured, never restored, and never anybody's but a restore's. */
export const isStagingName = (name: string): boolean => parseTemporaryName(name)?.finalName === NAME;
