// Bundles the viewer into dist/ (or the folder named as the argument). The output depends on the sources and the locked packages alone,
// so that a rebuild of unchanged sources gives the same bytes. build.json says which sources it was made from: a test compares.
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(root, 'dist');

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: { viewer: 'src/main.ts' },
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022'],
  outdir: out,
  charset: 'utf8',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
for (const name of ['index.html', 'favicon.svg']) {
  await cp(join(root, 'src', name), join(out, name));
}

await writeFile(join(out, 'licences.txt'), await licences(result.metafile));
await writeFile(join(out, 'build.json'), `${JSON.stringify({ sources: await sourcesHash(), files: await filesHash() }, null, 2)}\n`);

/** The licence texts of the packages whose code is in the bundle. */
async function licences(metafile) {
  const packages = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) {
      packages.add(match[1]);
    }
  }

  let text = 'The LiveLTEM viewer is under the MIT licence, like the rest of LiveLTEM. It holds code of these packages:\n';
  for (const name of [...packages].sort()) {
    const folder = join(root, 'node_modules', name);
    const info = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const file = (await readdir(folder)).find((f) => /^licen[cs]e/i.test(f));
    if (!file) {
      throw new Error(`${name} has no licence file`);
    }

    text += `\n${'='.repeat(100)}\n${name} ${info.version} (${info.license})\n\n${(await readFile(join(folder, file), 'utf8')).replace(/\r\n/g, '\n').trim()}\n`;
  }

  return text;
}

/** sha256 over what decides the output: path, a zero byte, the text, a zero byte, for each file in the order of its path. */
async function sourcesHash() {
  const files = ['build.mjs', 'package-lock.json', 'package.json', 'tsconfig.json'];
  for (const entry of await readdir(join(root, 'src'), { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) {
      files.push(join(entry.parentPath, entry.name).slice(root.length + 1).replaceAll('\\', '/'));
    }
  }

  const hash = createHash('sha256');
  for (const file of files.sort()) {
    hash.update(file).update('\0').update((await readFile(join(root, file), 'utf8')).replace(/\r\n/g, '\n')).update('\0');
  }

  return hash.digest('hex');
}

/** sha256 of every file written. */
async function filesHash() {
  const hashes = {};
  for (const file of (await readdir(out)).sort()) {
    hashes[file] = createHash('sha256').update(await readFile(join(out, file))).digest('hex');
  }

  return hashes;
}
