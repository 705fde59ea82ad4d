// Opens pages in Chromium as people have it: light and dark, on a desk, on a telephone and on paper; the first page in
// every way, the others in two. Prints a line of JSON for each: what axe finds, what was asked for elsewhere, and whether
// anything is wider than the window.
//
//     node look.js CHROMIUM BASE FOLDER-FOR-PICTURES|- PAGE…
const fs = require('fs');
const path = require('path');
const { chromium } = require('playwright-core');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const views = [
    { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
    { name: 'dark', always: true, colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
    { name: 'telephone', always: true, colorScheme: 'light', viewport: { width: 320, height: 640 } },
    { name: 'paper', colorScheme: 'light', viewport: { width: 794, height: 1123 } },
];

async function look(browser, view, base, name, pictures) {
    const context = await browser.newContext({ colorScheme: view.colorScheme, viewport: view.viewport });
    const page = await context.newPage();
    const elsewhere = [];
    page.on('request', (request) => {
        if (!request.url().startsWith(base)) elsewhere.push(request.url());
    });
    if (view.name === 'paper') await page.emulateMedia({ media: 'print' });
    const answer = await page.goto(base + name);
    await page.evaluate(axe);
    const found = await page.evaluate((values) => axe.run({ runOnly: { type: 'tag', values } }), tags);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    const place = path.join(pictures, `${name.replace(/\W+/g, '_')}-${view.name}`);
    if (pictures !== '-') await page.screenshot({ path: `${place}.png`, fullPage: true });
    await context.close();
    return {
        page: name, view: view.name, status: answer.status(), elsewhere, wider,
        violations: found.violations.map((one) => [one.id, one.help, one.nodes.map((node) => node.html)]),
    };
}

async function main([executablePath, base, pictures, ...pages]) {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    for (const name of pages)
        for (const view of name === pages[0] ? views : views.filter((one) => one.always)) console.log(JSON.stringify(await look(browser, view, base, name, pictures)));
    await browser.close();
}

main(process.argv.slice(2)).catch((error) => {
    console.error(error);
    process.exit(1);
});
