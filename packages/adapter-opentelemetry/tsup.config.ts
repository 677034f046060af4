import { preset } from '../../tools/tsup.preset.ts';

export default preset('src/index.ts');
