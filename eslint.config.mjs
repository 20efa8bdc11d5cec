import js from '@eslint/js';
import vue from 'eslint-plugin-vue';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  // Applications that compile where they find what they install: in their tests.
  { ignores: ['test/fixtures/sqlite3-app/', 'test/apps/*/'] },
  { ignores: ['dist/', 'coverage/', 'backups/', 'data/', 'dashboard/src/api/schema.d.ts'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.vue'] },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'off', // decorators need the value imports
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'no-console': 'error',
    },
  },
  {
    // A variable is named for what it holds, in the terms of docs/architecture.md.
    files: ['**/*.{ts,vue,mjs}'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          'VariableDeclarator > Identifier.id',
          ':function > Identifier.params',
          'ArrayPattern > Identifier',
          'Property > Identifier.value',
        ].map((place) => ({
          selector: `${place}[name=/^(of|by|said|told)$/]`,
          message: 'Name what the variable holds.',
        })),
      ],
    },
  },
  {
    files: ['src/backup/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      // Where its compiled part does not load, an import of it would end the application that has the library in.
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { name: 'better-sqlite3', allowTypeImports: true, message: 'Use openSqlite() of system/sqlite-driver.js.' },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**', 'bench/**'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      'no-console': 'off',
    },
  },
  // The page. Its formatting is Prettier's business.
  ...vue.configs['flat/recommended'].map((config) => ({ ...config, files: ['dashboard/src/**/*.vue'] })),
  {
    files: ['dashboard/src/**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      'no-undef': 'off', // the compiler knows better
      // Formatting.
      'vue/html-closing-bracket-newline': 'off',
      'vue/html-indent': 'off',
      'vue/html-self-closing': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      // A property that may be absent is `undefined` then, and its type says so.
      'vue/require-default-prop': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        module: 'writable',
      },
    },
    rules: { 'no-console': 'off' },
  },
);
