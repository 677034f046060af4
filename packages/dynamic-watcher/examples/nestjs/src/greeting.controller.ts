import { Controller, Get, Inject } from '@nestjs/common';

import { GreetingService } from './greeting.service.ts';

@Controller('greeting')
export class GreetingController {
  constructor(@Inject(GreetingService) private readonly greeting: GreetingService) {}

  @Get()
  get(): string {
    return this.greeting.text;
  }
}
