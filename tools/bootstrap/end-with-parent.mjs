/**
 * Preloaded into a program of a process group of its own: it ends when whoever launched it is gone,
 * even if killed.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
