/** For tools that cannot look into a component; vue-tsc can, and does. */
declare module '*.vue' {
  import type { DefineComponent } from 'vue';
  const component: DefineComponent;
  export default component;
}
