/**
 * The arrows of docs/architecture.md as a failing check.
 * Inside src/backup each folder may import only from the ones before it in this list; nothing imports against it, or sideways.
 */
const LIBRARY_ORDER = [
  'model',
  'system',
  'archive',
  'engines',
  'stores',
  'catalog',
  'operations',
  'triggers',
  'http',
  'dashboard',
];

const libraryLayers = LIBRARY_ORDER.slice(0, -1).map((folder, index) => ({
  name: `backup-${folder}-imports-only-what-stands-before-it`,
  severity: 'error',
  comment: `src/backup/${folder} may import only from: ${[...LIBRARY_ORDER.slice(0, index), folder].join(', ')}`,
  from: { path: `^src/backup/${folder}/` },
  to: { path: `^src/backup/(?:(?:${LIBRARY_ORDER.slice(index + 1).join('|')})/|[^/]+$)` },
}));

/** Each in a folder of its own, below src/backup/engines. */
const ENGINES = 'json|native|files|bundle';

/** The host's features. They use access/ and config/; only accounts as such (users/) are shared by the others. */
const FEATURES = ['auth', 'users', 'instructors', 'admins', 'health', 'home', 'cli'];
const MAY_USE_USERS = ['auth', 'instructors', 'admins'];

const features = FEATURES.map((feature) => {
  const others = FEATURES.filter(
    (other) => other !== feature && !(other === 'users' && MAY_USE_USERS.includes(feature)),
  );
  return {
    name: `feature-${feature}-stands-alone`,
    severity: 'error',
    from: { path: `^src/${feature}/` },
    to: { path: `^src/(?:(?:${others.join('|')})/|[^/]+\\.ts$)` },
  };
});

/** What only developers have; peers are repeated there, for the backend and the tests. */
const DEVELOPMENT = {
  dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
  dependencyTypesNot: ['type-only', 'npm-peer'],
};

/** What the backend around the library runs on; no host of the library gets it. */
const BACKEND_PACKAGES = [
  '@nestjs/(?:config|jwt|platform-express|typeorm)',
  '@node-rs/argon2',
  '@zxcvbn-ts/language-common',
  'class-transformer',
  'class-validator',
  'helmet',
];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'library-knows-no-host',
      severity: 'error',
      comment: 'src/backup is a library: it imports nothing of the application it runs in.',
      from: { path: '^src/backup/' },
      to: { path: '^src/', pathNot: '^src/backup/' },
    },
    {
      name: 'host-uses-the-library-by-its-index',
      severity: 'error',
      comment:
        'Outside src/backup import only backup/index.js, as a foreign application would, or backup/internals.js: the backend and the command line are ours.',
      from: { path: '^src/', pathNot: '^src/backup/' },
      to: { path: '^src/backup/', pathNot: '^src/backup/(?:index|internals)\\.ts$' },
    },
    {
      name: 'features-know-nothing-of-backups',
      severity: 'error',
      from: { path: `^src/(?:${FEATURES.filter((name) => name !== 'cli').join('|')}|access)/` },
      to: { path: '^src/backup/' },
    },
    {
      name: 'access-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/access/' },
      to: { path: '^src/', pathNot: '^src/access/' },
    },
    {
      name: 'no-development-packages-in-the-program',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { ...DEVELOPMENT, pathNot: `^node_modules/(?:${BACKEND_PACKAGES.join('|')})/` },
    },
    {
      name: 'command-line-runs-without-the-backend',
      severity: 'error',
      comment: 'It is installed with the library: docs/decisions/0027.',
      from: { path: '^src/(?:cli/|cli\\.ts$|config/backup/)' },
      to: { path: '^src/', pathNot: '^src/(?:cli|config/backup|backup)/' },
    },
    {
      name: 'no-packages-of-the-backend-in-what-is-installed',
      severity: 'error',
      comment: 'Whoever installs the library gets its dependencies and peers: docs/decisions/0024.',
      from: { path: '^src/(?:backup/|cli/|cli\\.ts$|config/backup/)', pathNot: '\\.spec\\.ts$' },
      to: DEVELOPMENT,
    },
    {
      name: 'optional-packages-are-not-imported',
      severity: 'error',
      comment: 'A host may lack them. src/backup/http/openapi.ts has what describes routes: docs/decisions/0057.',
      from: {
        path: '^src/backup/',
        pathNot: '\\.spec\\.ts$|^src/backup/(?:http/openapi|triggers/(?:event.listener|schedule.listing))\\.ts$',
      },
      to: { path: '^node_modules/@nestjs/(?:swagger|event-emitter|schedule)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'engines-stand-apart',
      severity: 'error',
      comment:
        'No engine imports another. What several need goes to engines/dialects/ or engines/shared/: docs/decisions/0069.',
      from: { path: `^src/backup/engines/(${ENGINES})/` },
      to: { path: `^src/backup/engines/(?:${ENGINES})/`, pathNot: '^src/backup/engines/$1/' },
    },
    {
      name: 'what-engines-share-knows-no-engine',
      severity: 'error',
      from: { path: '^src/backup/engines/(?:dialects|shared)/', pathNot: '\\.spec\\.ts$' },
      to: { path: `^src/backup/engines/(?:${ENGINES})/` },
    },
    ...libraryLayers,
    ...features,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
