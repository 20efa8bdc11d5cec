// Whether the version in package.json is ready to be released under a tag: `node scripts/check-release.mjs v1.2.0`.
// With `--dist-tag` it prints the tag of npm under which that version belongs: `next` for a candidate, which nobody gets without asking for it.
import { readFileSync } from 'node:fs';

const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const { version, repository } = JSON.parse(read('package.json'));
const [argument] = process.argv.slice(2);

if (argument === '--dist-tag') console.log(version.includes('-') ? 'next' : 'latest');
else {
  const problems = [];
  if (argument !== `v${version}`)
    problems.push(`The tag is ${argument ?? 'missing'}, and package.json says ${version}.`);
  if (JSON.parse(read('package-lock.json')).version !== version)
    problems.push('package-lock.json has another version. Run "npm install".');
  if (JSON.parse(read('docs/openapi.json')).info.version !== version)
    problems.push('docs/openapi.json has another version. Run "npm run openapi".');
  if (
    !read('CHANGELOG.md')
      .split('\n')
      .some((line) => line.startsWith(`## ${version}`))
  )
    problems.push(`CHANGELOG.md has no part "## ${version}".`);
  if (!repository) problems.push('package.json names no "repository", without which npm accepts no provenance.');
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
  console.log(`${version} is ready.`);
}
