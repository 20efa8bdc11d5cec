import {
  Controller,
  Get,
  NotFoundException,
  Param,
  Redirect,
  Req,
  Res,
  ServiceUnavailableException,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Public } from '../access/public.decorator.js';
import { contentSecurityPolicy } from './content-security-policy.js';
import { DashboardFiles } from './dashboard.files.js';

/** Where the web page lies: a path of the server. */
export const DASHBOARD_PATH = '/admin/backups';

/** Serves the web page. It holds no data, so anybody may load it; what it shows comes from the API, which asks for a token. */
@ApiExcludeController()
@Public()
@Controller()
export class DashboardController {
  constructor(private readonly files: DashboardFiles) {}

  @Get()
  @Redirect(DASHBOARD_PATH, 302)
  home(): void {}

  @Get(`${DASHBOARD_PATH}/assets/:name`)
  async asset(@Param('name') name: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const asset = await this.files.asset(name);
    if (!asset) throw new NotFoundException('File not found. A newer version may be running: reload the page.');
    // The name holds a hash of what the file holds.
    response.set('Cache-Control', 'public, max-age=31536000, immutable').type(asset.extension);
    if (asset.gzipped) response.vary('Accept-Encoding');
    if (asset.gzipped && request.acceptsEncodings('gzip')) response.set('Content-Encoding', 'gzip').send(asset.gzipped);
    else response.send(asset.bytes);
  }

  /** The page itself, under every address that it knows to show. */
  @Get([DASHBOARD_PATH, `${DASHBOARD_PATH}/*path`])
  async page(@Res() response: Response): Promise<void> {
    const page = await this.files.page();
    if (!page) throw new ServiceUnavailableException('The dashboard has not been built. Run "npm run build".');
    response
      .set('Content-Security-Policy', contentSecurityPolicy(page.nonce))
      .set('Cache-Control', 'no-cache')
      .type('html')
      .send(page.html);
  }
}
