import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

import { invalidInput } from '@depwatch/core';

/** Variables of a process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const proxyProtocols = new Set(['http:', 'https:', 'socks5:', 'socks5h:', 'socks:']);

/**
 * The URL of a proxy, if its protocol is one that is spoken here.
 *
 * @param from where it stands, for the message; the text itself may hold a password
 * @throws DepwatchError ERR_INVALID_INPUT that names `from`
 */
export function proxyUrl(from: string, text: string): URL {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') throw invalidInput(`${from} is no URL of a proxy`);
  if (!proxyProtocols.has(url.protocol))
    throw invalidInput(`${from} must be an http, https or socks5 URL`);
  try {
    userOf(url);
    return url;
  } catch {
    throw invalidInput(`${from} has a user or a password with a % that escapes nothing`);
  }
}

/** The user and the password in a URL; empty where there is none. */
export function userOf({ username, password }: URL): { userId: string; password: string } {
  return { userId: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/**
 * The proxy that the environment names for a server, as Go's clients read it: HTTPS_PROXY for https and HTTP_PROXY for
 * http, unless NO_PROXY names the server; each also in lower case, where that in upper case is unset or empty. A host and
 * a port are an http proxy. What is on this machine is never reached through a proxy.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the variable
 */
export function proxyFromEnvironment(environment: Environment, server: URL): URL | undefined {
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = variable(environment, name);
  if (text === '') return undefined;
  const noProxy = variable(environment, 'NO_PROXY').split(',');
  if (isExempt(noProxy, server)) return undefined;
  // Without a scheme the name before the port would be taken for one.
  return proxyUrl(name, URL.parse(text)?.host ? text : `http://${text}`);
}

function variable(environment: Environment, name: string): string {
  return environment[name] || environment[name.toLowerCase()] || '';
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

function isExempt(entries: readonly string[], server: URL): boolean {
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || contains(loopback, host)) return true;
  return entries.some((entry) => covers(entry.trim().toLowerCase(), host, port));
}

/** Whether an entry of NO_PROXY means this host and port: `*`, a subnet, or a name or an address with or without port. */
function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const within = isInSubnet(host, entry);
  if (within !== undefined) return within;
  const [, bracketed, plain, ofPort] = /^(?:\[(.*)\]|([^:]*)):([^:]*)$/.exec(entry) ?? [];
  if (ofPort && ofPort !== port) return false;
  const named = bracketed ?? plain ?? entry;
  if (isIP(named))
    return contains(
      listOf((list) => list.addAddress(named, familyOf(named))),
      host,
    );
  return named !== '' && !isIP(host) && isWithin(host, named.replace(/^\*\./, '.'));
}

/** Whether a host is `domain` or below it; only below it where that begins with a dot. */
function isWithin(host: string, domain: string): boolean {
  // What isn't ASCII is punycode in a URL; the rest stays as it is, be it a domain or not.
  const ascii = /^[\0-\x7f]*$/.test(domain) ? domain : domainToASCII(domain);
  return ascii.startsWith('.')
    ? host.endsWith(ascii)
    : host === ascii || host.endsWith(`.${ascii}`);
}

/** undefined where `subnet` is none. */
function isInSubnet(host: string, subnet: string): boolean | undefined {
  const [, address = '', digits] = /^([^/]+)\/(\d{1,3})$/.exec(subnet) ?? [];
  const [family, bits] = [isIP(address), Number(digits)];
  if (family === 0 || bits > (family === 4 ? 32 : 128)) return undefined;
  // To a BlockList each IPv4 address is an IPv6 address, too; to Go, it is one only below ::ffff:0:0/96.
  if (family === 6 && bits < 96 && isIP(host) === 4) return false;
  return contains(
    listOf((list) => list.addSubnet(address, bits, familyOf(address))),
    host,
  );
}

function listOf(add: (list: BlockList) => void): BlockList {
  const list = new BlockList();
  add(list);
  return list;
}

function contains(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
