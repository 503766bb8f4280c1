// A newsletter in a folder of its own: its settings, its daemon, and the mails that it writes.
'use strict';
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { readMail } = require('./mail');

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function until(what, find) {
  for (const end = Date.now() + 20000; Date.now() < end;) {
    const found = await find();
    if (found) return found;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  throw new Error(`${what} did not come within 20 s`);
}

class Newsletter {
  constructor(postrider, folder, base) {
    Object.assign(this, { postrider, folder, base, read: new Set() });
  }

  static async init(postrider, folder) {
    execFileSync(postrider, ['init', folder], { stdio: 'ignore' });
    const newsletter = new Newsletter(postrider, folder, `http://127.0.0.1:${await freePort()}`);
    newsletter.set('base_url', newsletter.base);
    newsletter.set('listen', newsletter.base.replace('http://', ''));
    return newsletter;
  }

  file(...names) { return path.join(this.folder, ...names); }

  /** A key of the sample settings. */
  set(key, value) {
    const settings = fs.readFileSync(this.file('postrider.toml'), 'utf8');
    const line = new RegExp(`^(# )?${key} = .*$`, 'm');
    if (!line.test(settings)) throw new Error(`the settings have no ${key}`);
    this.write('postrider.toml', settings.replace(line, `${key} = ${JSON.stringify(value)}`));
  }

  write(name, text) { fs.writeFileSync(this.file(name), text); }

  addList(key, name) {
    fs.appendFileSync(this.file('postrider.toml'), `\n[lists.${key}]\nname = "${name}"\n`);
  }

  run(...words) {
    return execFileSync(this.postrider, words, { cwd: this.folder, stdio: 'pipe' }).toString();
  }

  /** What is known of a reader; null: nothing. */
  reader(email) {
    try {
      return JSON.parse(this.run('subscriber', 'show', email, '--json'));
    } catch {
      return null;
    }
  }

  /** "digest confirmed, report pending" */
  states(email) {
    const subscriptions = this.reader(email)?.subscriptions ?? [];
    return subscriptions.map(({ list, state }) => `${list} ${state}`).sort().join(', ');
  }

  /** Sends an issue now to those on a list. */
  publish(name, list) { this.draft(name, `title: Now\nsend_at: now\nlists: [${list}]`, 'Hello.'); }

  /** An issue that goes out in years to come. */
  announce(name, text) { this.draft(name, 'title: "Then & there"\nsend_at: 2040-01-02 08:00', text); }

  draft(name, front, text) {
    this.write('drafts/.new', `---\n${front}\nstatus: ready\n---\n\n${text}\n`);
    fs.renameSync(this.file('drafts/.new'), this.file('drafts', `${name}.md`));
  }

  issue(slug) { return JSON.parse(this.run('issue', 'show', slug, '--json')); }

  /** The next mail to the address in whose text the pattern is, with the match; each comes once. */
  mail(address, pattern) {
    return until(`a mail to ${address} with ${pattern}`, () => {
      const outbox = this.file('outbox');
      if (!fs.existsSync(outbox)) return null;
      for (const name of fs.readdirSync(outbox, { recursive: true })) {
        if (!name.endsWith('.eml') || this.read.has(name)) continue;
        const mail = readMail(path.join(outbox, name));
        const found = mail.to === address && pattern.exec(mail.text);
        if (!found) continue;
        this.read.add(name);
        return { ...mail, found: found[0] };
      }
      return null;
    });
  }

  async isUp() {
    try {
      return (await fetch(`${this.base}/healthz`)).ok;
    } catch {
      return false;
    }
  }

  /** The daemon runs as long as `use` does. */
  async serve(use) {
    const daemon = spawn(this.postrider, ['run'], { cwd: this.folder, stdio: 'ignore' });
    const ended = new Promise((resolve) => { daemon.on('exit', resolve); });
    try {
      await until('the daemon', () => this.isUp());
      return await use();
    } finally {
      daemon.kill('SIGTERM');
      await ended;
    }
  }
}

module.exports = { Newsletter, until };
