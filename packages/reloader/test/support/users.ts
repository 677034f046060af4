import { reloaderUser } from '../../src/embedded/demo.ts';

/** A namespace with a reloader of its own. */
export const teamNamespace = 'team';

/** Who the manifest for one namespace binds to its role, applied there. */
export const teamUser = `system:serviceaccount:${teamNamespace}:depwatch-reloader`;

/** Somebody who has what a scenario grants. */
export const limitedUser = 'limited';

/** All users of the scenarios beside the administrator. */
export const users = [reloaderUser, teamUser, limitedUser];
