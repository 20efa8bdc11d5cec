import { handOverToNewTabs, takeOverSession } from './shell/new-tab.js'; // first: it takes something out of the address
import './style.css';
import { createApp } from 'vue';
import { onEndElsewhere } from './api/ended-sessions.js';
import { endIfEndedElsewhere } from './api/session.js';
import App from './App.vue';
import { router } from './router.js';
import { vuetify } from './shell/vuetify.js';
import { chooseLanguage, preferredLanguage } from './texts/index.js';

await Promise.all([chooseLanguage(preferredLanguage()), takeOverSession()]);
onEndElsewhere(endIfEndedElsewhere);
handOverToNewTabs();
createApp(App).use(router).use(vuetify).mount('#app');
