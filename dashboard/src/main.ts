import './style.css';
import { createApp } from 'vue';
import App from './App.vue';
import { router } from './router.js';
import { vuetify } from './shell/vuetify.js';
import { chooseLanguage, preferredLanguage } from './texts/index.js';

await chooseLanguage(preferredLanguage());
createApp(App).use(router).use(vuetify).mount('#app');
