import { NestFactory } from '@nestjs/core';

import { AppModule } from './app.module.ts';

const app = await NestFactory.create(AppModule);
// Without this a SIGTERM ends the process before onApplicationShutdown() is called.
app.enableShutdownHooks([], { useProcessExit: true });
await app.listen(process.env['PORT'] ?? 3000, process.env['HOST'] ?? '0.0.0.0');
