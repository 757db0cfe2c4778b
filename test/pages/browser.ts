/** Chromium on the pages, as a person has it: whatever the console complains of, a broken policy included, is kept for the test. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const PATIENCE_MS = 60_000;
const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

/** Where pictures of the pages go for the documentation; absent: none are taken. */
const PICTURES = process.env.SCREENSHOTS;

/** Tells elements of a page apart in a test's failure. */
const NAME_OF = `const nameOf = (element) => [element.tagName, element.id, element.name, element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 60), element.getAttribute('href')]
  .filter((part) => part).join(' ');`;

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
    // A page that was asked nothing yet has nothing to show.
    await this.page.locator('#answer:not([aria-busy])').waitFor({ state: 'attached' });
    await this.page.getByText('Asking …').waitFor({ state: 'detached' });
  }

  async text(): Promise<string> {
    return this.page.locator('main').innerText();
  }

  /** As a person would: into the dialog that comes by itself. */
  async signIn(key: string): Promise<void> {
    await this.go('/pages/hours');
    await this.page.getByLabel('Key', { exact: true }).fill(key);
    await this.page.getByRole('button', { name: 'Use it' }).click();
    await this.page.getByRole('table').first().waitFor();
    await this.settled();
  }

  /** What the tables of a caption say, row by row, without their heads. */
  cells(caption: string): Promise<readonly (readonly string[])[]> {
    return this.page.evaluate(`[...document.querySelectorAll('main table')].filter((table) => table.caption?.innerText.startsWith(${JSON.stringify(caption)}))
      .flatMap((table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.innerText)))`);
  }

  /** The large numbers, each with its name. */
  figures(): Promise<readonly (readonly string[])[]> {
    return this.page.evaluate(`[...document.querySelectorAll('main .figures > div')].map((figure) => [...figure.children].map((part) => part.innerText))`);
  }

  /** Name and number of each bar of the charts. */
  bars(): Promise<readonly string[]> {
    return this.page.evaluate(`[...document.querySelectorAll('main svg text.value')].map((value) => value.previousSibling.textContent + ' ' + value.textContent)`);
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

  /** All that nobody should find on a page, after whatever was done on it: what the console says, a broken policy, barriers. */
  async flaws(): Promise<readonly string[]> {
    return [...await this.barriers(), ...this.complaints.splice(0)];
  }

  /** Browsers write every refused request to the console themselves; those of a status are as they should be. */
  expectRefusals(...statuses: readonly number[]): void {
    const others = this.complaints.splice(0).filter((text) => !statuses.some((status) => text.includes(`status of ${status} `)));
    this.complaints.push(...others);
  }

  /** Which markup of stored text has become elements: none should. */
  foreignElements(): Promise<number> {
    return this.page.locator('body script, main img, main iframe, main object, main b').count();
  }

  /** What can be reached by Tab, in the order of the page. */
  controls(): Promise<readonly string[]> {
    return this.page.evaluate(`${NAME_OF}
      [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')].filter((element) => !element.disabled && element.type !== 'hidden' && element.checkVisibility()).map(nameOf)`);
  }

  /** Null: nothing of the page. Seen: within the window and with something around it. */
  focused(): Promise<{ readonly name: string; readonly seen: boolean } | null> {
    return this.page.evaluate(`${NAME_OF}
      (() => {
        const at = document.activeElement;
        if (at === null || at === document.body) return null;
        const { top, left, bottom, right } = at.getBoundingClientRect();
        const within = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
        return { name: nameOf(at), seen: within && getComputedStyle(at).outlineStyle !== 'none' };
      })()`);
  }

  /** What is wider than the window and does not scroll by itself. */
  sticksOut(): Promise<readonly string[]> {
    return this.page.evaluate(`${NAME_OF}
      document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && element.closest('.scroll') === null).map(nameOf)`);
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
