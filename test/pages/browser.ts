/** Chromium on the pages, as a person has it: whatever the console complains of, a broken policy included, is kept for the test. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const PATIENCE_MS = 60_000;
const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

/** Where pictures of the pages go for the documentation; absent: none are taken. */
const PICTURES = process.env.SCREENSHOTS;

export class Browsing {
  readonly complaints: string[] = [];

  private constructor(private readonly browser: Browser, readonly page: Page, private readonly address: string) {}

  static async open(address: string): Promise<Browsing> {
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-dev-shm-usage'], timeout: PATIENCE_MS });
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, colorScheme: 'light', acceptDownloads: true });
    context.setDefaultTimeout(PATIENCE_MS);
    // The console has most of them, worded for people; the event has all.
    await context.addInitScript({ content: `document.addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI));` });
    const page = await context.newPage();
    const browsing = new Browsing(browser, page, address);
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) browsing.complaints.push(`${page.url()}: ${message.text()}`); });
    page.on('pageerror', (error) => { browsing.complaints.push(`${page.url()}: ${error.message}`); });
    page.on('dialog', (dialog) => { browsing.complaints.push(`${page.url()}: it said ${dialog.message()}`); void dialog.dismiss(); });
    return browsing;
  }

  /** Waits until what the page asked for is there. */
  async go(path: string): Promise<void> {
    await this.page.goto(`${this.address}${path}`);
    await this.settled();
  }

  async settled(): Promise<void> {
    await this.page.locator('#answer:not([aria-busy])').waitFor();
    await this.page.getByText('Asking …').waitFor({ state: 'detached' });
  }

  async text(): Promise<string> {
    return this.page.locator('main').innerText();
  }

  /** What the accessibility checker finds, in both themes; by its own words. */
  async barriers(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme });
      // Past the page's policy, which lets no script in but its own.
      const session = await this.page.context().newCDPSession(this.page);
      await session.send('Runtime.evaluate', { expression: AXE });
      const { result } = await session.send('Runtime.evaluate', {
        expression: `axe.run().then(({ violations }) => JSON.stringify(violations.map(({ id, help, nodes }) => id + ': ' + help + ' ' + nodes.map((node) => node.html.slice(0, 200)).join(' | '))))`,
        awaitPromise: true, returnByValue: true,
      });
      found.push(...(JSON.parse(String(result.value)) as string[]).map((text) => `${colorScheme}: ${text}`));
      await session.detach();
    }
    await this.page.emulateMedia({ colorScheme: 'light' });
    return found;
  }

  async picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    await this.page.evaluate('scrollTo(0, 0)');
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled' });
    if (process.env.SCREENSHOTS_ALL === undefined) return;
    await this.page.emulateMedia({ colorScheme: 'dark' });
    await this.page.screenshot({ path: join(PICTURES, `${name}-dark.png`), fullPage: true, animations: 'disabled' });
    await this.page.emulateMedia({ colorScheme: 'light' });
    await this.page.setViewportSize({ width: 390, height: 800 });
    await this.page.screenshot({ path: join(PICTURES, `${name}-narrow.png`), fullPage: true, animations: 'disabled' });
    await this.page.setViewportSize({ width: 1200, height: 800 });
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

function chromiumPath(): string {
  const named = process.env.CHROMIUM;
  const candidates = named === undefined || named === ''
    ? ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
    : [named];
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new Error('Chromium was not found (CHROMIUM, PATH). Debian: sudo apt install chromium');
  return found;
}
