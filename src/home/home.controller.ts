import { Controller, Get, Redirect } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../access/public.decorator.js';
import { DASHBOARD_PATH } from '../config/dashboard-path.js';

/** Leads whoever types the bare address to the dashboard. */
@ApiExcludeController()
@Public()
@Controller()
export class HomeController {
  @Get()
  @Redirect(DASHBOARD_PATH, 302)
  home(): void {}
}
