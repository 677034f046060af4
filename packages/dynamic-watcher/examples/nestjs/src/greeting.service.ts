import { Injectable } from '@nestjs/common';

/** What the application says; a stand-in for whatever your configuration configures. */
@Injectable()
export class GreetingService {
  text = 'Hello';
}
