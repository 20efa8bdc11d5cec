import fc from 'fast-check';
import { SEED } from './rounds.js';

fc.configureGlobal({ seed: SEED });
