import { usage } from './failure.js';

/** Where the databases' own programs look for a password. */
const PASSWORD_VARIABLES: Record<string, string> = {
  postgres: 'PGPASSWORD',
  postgresql: 'PGPASSWORD',
  mysql: 'MYSQL_PWD',
  mariadb: 'MYSQL_PWD',
};

/**
 * The address of a database as given on the command line, with the password out of the environment. One that holds a password is refused: everybody on the
 * machine can read the arguments of a process, and the shell keeps them.
 */
export function databaseOption(option: string, address: string, env: NodeJS.ProcessEnv): string {
  const text = address.trim();
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text))
    throw usage(`${option} must be a URL such as sqlite:./data/app.sqlite or postgres://user@host:5432/database.`);
  const scheme = text.slice(0, text.indexOf(':')).toLowerCase();
  const variable = Object.hasOwn(PASSWORD_VARIABLES, scheme) ? PASSWORD_VARIABLES[scheme]! : undefined;
  if (variable === undefined) return text;
  if (/:\/\/[^@]*:[^@]+@|[?&](?:password|sslpassword)=/.test(text))
    throw usage(
      `${option} contains a password, which other users of this machine can read in the process list.  ` +
        `Leave it out and set ${variable} in the environment, or put the whole address into DATABASE_URL.`,
    );
  const password = env[variable];
  if (password === undefined || password === '') return text;
  return text.replace(
    /^([^:]+:\/\/)(?:([^@/?:]*):?@)?/,
    (_, begin: string, user = '') => `${begin}${user}:${encodeURIComponent(password)}@`,
  );
}
