import { readFile } from 'node:fs/promises';
import type { OpenAPIObject } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHostApp, type HostApp } from '../support/host-app.js';

interface Operation {
  summary?: string;
  parameters?: { name: string; in: string; schema?: unknown }[];
  requestBody?: { content: Record<string, { schema: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: unknown }> }>;
  security?: unknown[];
}
interface Route {
  route: string;
  operation: Operation;
}

describe('the API description', () => {
  let host: HostApp;
  let document: OpenAPIObject;
  let documented: Route[];

  beforeAll(async () => {
    host = await startHostApp();
    document = (await host.http.get('/docs-json').expect(200)).body as OpenAPIObject;
    documented = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
        route: `${method} ${path}`,
        operation,
      })),
    );
  });
  afterAll(() => host.close());

  it('has every route that the application answers, and no other', () => {
    expect(documented.map(({ route }) => route).sort()).toEqual(registeredRoutes(host).sort());
  });

  it('says of every route what it does, what it takes and what it answers', () => {
    for (const { route, operation } of documented) {
      expect(operation.summary, route).toBeTruthy();
      const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = operation.parameters ?? [];
      expect(
        parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
        route,
      ).toEqual(inPath);
      for (const { name, schema } of parameters) expect(schema, `${route}: ${name}`).toBeDefined();
      for (const [status, { content }] of successes(operation)) {
        if (status === '204') expect(content, route).toBeUndefined();
        else {
          const schemas = Object.values(content ?? {}).map(({ schema }) => schema);
          expect(schemas, `${route} ${status}`).not.toHaveLength(0);
          for (const schema of schemas) expect(schema, `${route} ${status}`).toEqual(expect.any(Object));
        }
      }
      expect(successes(operation), route).not.toHaveLength(0);
    }
  });

  it('describes the body of every route that takes one', () => {
    const without = documented
      .filter(({ route, operation }) => /^(post|put|patch) /.test(route) && !operation.requestBody)
      .map(({ route }) => route);
    expect(without).toEqual(['post /admin/database/backups/cleanup', 'post /admin/database/backups/{id}/verify']);
  });

  it('gives every error its body', () => {
    for (const { route, operation } of documented) {
      for (const [status, { description, content }] of errors(operation)) {
        expect(description, `${route} ${status}`).toBeTruthy();
        expect(JSON.stringify(content?.['application/json']?.schema ?? null), `${route} ${status}`).toContain(
          '#/components/schemas/',
        );
      }
    }
  });

  it('asks for a token on every admin route and says who is refused', () => {
    const admin = documented.filter(({ route }) => route.includes(' /admin/'));
    expect(admin.length).toBeGreaterThan(20);
    for (const { route, operation } of admin) {
      expect(operation.security, route).toEqual([{ bearer: [] }]);
      const statuses = errors(operation).map(([status]) => status);
      expect(statuses, route).toEqual(expect.arrayContaining(['401', '403', '500']));
      if (route.includes('{')) expect(statuses, route).toContain('404');
      if (!route.includes('/jobs') && !route.endsWith('get /admin/database/backups/config'))
        expect(statuses, route).toContain('503');
    }
    expect(document.components?.securitySchemes?.['bearer']).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('has no reference that leads nowhere', () => {
    const schemas = Object.keys(document.components?.schemas ?? {}).map((name) => `#/components/schemas/${name}`);
    const referenced = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
    expect(schemas).toEqual(expect.arrayContaining([...new Set(referenced)]));
  });

  it('is kept in docs/openapi.json (renew it with: npm run openapi)', async () => {
    const kept = JSON.parse(
      await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8'),
    ) as OpenAPIObject;
    expect(document, 'docs/openapi.json is out of date: npm run openapi').toEqual(kept);
  });
});

const responses = (operation: Operation, from: number, to: number) =>
  Object.entries(operation.responses).filter(([status]) => Number(status) >= from && Number(status) < to);
const successes = (operation: Operation) => responses(operation, 200, 300);
const errors = (operation: Operation) => responses(operation, 400, 600);

/** As Express has them, without the pages of the documentation itself. */
function registeredRoutes(host: HostApp): string[] {
  const { router } = host.app.getHttpAdapter().getInstance() as unknown as { router: { stack: Layer[] } };
  return router.stack
    .flatMap(({ route }) =>
      route ? Object.keys(route.methods).map((method) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`) : [],
    )
    .filter((route) => !/ \/(docs(-json|-yaml|\/|$)|admin\/backups(\/|$)|$)/.test(route)); // pages are no API
}

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}
