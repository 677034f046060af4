import { startApiServer } from '@depwatch/testing';

import { reloaderScenarios } from './reloader-scenarios.ts';

reloaderScenarios('the in-process API server', startApiServer);
