import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A certificate and its key, PEM. */
export interface Certificate {
  /** Of the files `NAME.crt` and `NAME.key`, and of the subject. */
  readonly name: string
  readonly cert: string
  readonly key: string
}

/** What a certificate is to say. */
export interface CertificateWish {
  /** Who signs it; it signs itself, and may sign others, where absent. */
  readonly authority?: Certificate
  /** In OpenSSL's words; this machine by name and address where absent. */
  readonly alternativeNames?: string
  /** Both as `YYYYMMDDHHMMSSZ`. */
  readonly from?: string
  readonly to?: string
}

const run = promisify(execFile)
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

const configuration = `
[ca]
default_ca = here
[here]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
`

/** Makes certificates in a folder by the command `openssl`. */
export class CertificateMaker {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async make(name: string, wish: CertificateWish = {}): Promise<Certificate> {
    const { authority, alternativeNames = 'DNS:localhost,IP:127.0.0.1' } = wish
    const { from = '20200101000000Z', to = '20450101000000Z' } = wish
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternativeNames}`]
    const keyOut = ['-keyout', `${name}.key`]
    if (authority === undefined) {
      await this.#openssl('req', '-x509', ...newKey, ...subject, ...keyOut, '-out', `${name}.crt`)
    } else {
      await writeFile(`${this.#folder}/index`, '')
      await writeFile(`${this.#folder}/ca.cnf`, configuration)
      await this.#openssl('req', ...newKey, ...subject, ...keyOut, '-out', `${name}.csr`)
      const signer = ['-cert', `${authority.name}.crt`, '-keyfile', `${authority.name}.key`]
      const files = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-startdate', from, '-enddate', to]
      await this.#openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', ...files, ...signer)
    }
    const read = async (kind: string): Promise<string> =>
      await readFile(`${this.#folder}/${name}.${kind}`, 'utf8')
    return { name, cert: await read('crt'), key: await read('key') }
  }

  async #openssl(...args: string[]): Promise<void> {
    await run('openssl', args, { cwd: this.#folder })
  }
}
