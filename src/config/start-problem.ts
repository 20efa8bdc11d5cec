/** How PostgreSQL and MySQL refuse a connection. */
const SERVER_REFUSALS = /^(28|3D|53|57P)...?$|^ER_(ACCESS_DENIED|DBACCESS_DENIED|BAD_DB|CON_COUNT)/;

/** Why the program could not start, for the person who started it. What is no explanation keeps its stack: it is a mistake in the program. */
export function startProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const failure: NodeJS.ErrnoException = error;
  if (failure.code === undefined) return error.stack ?? error.message;
  return [error.message.replace(/\.?$/, '.'), whatToDo(failure)].filter(Boolean).join(' ');
}

function whatToDo({ code, syscall }: NodeJS.ErrnoException): string | undefined {
  if (code === 'EADDRINUSE')
    return 'The port is in use, by another program or by this one. Stop it, or set PORT to another number.';
  if (syscall === 'listen' || syscall === 'getaddrinfo')
    return 'Set HOST to an address of this machine, such as 127.0.0.1, and PORT to a number that this user may open; check the host in DATABASE_URL.';
  if (syscall === 'connect' || (code !== undefined && SERVER_REFUSALS.test(code)))
    return 'Check the server, the database, the user and the password that DATABASE_URL names.';
  // The catalog speaks for itself: what SQLite says here is about the program's own database.
  if (code?.startsWith('SQLITE_'))
    return 'Check the file that DATABASE_URL names; docs/restore-runbook.md says how to get its data back.';
  return undefined;
}
