/** What `weir help` prints: one screen. */
export const helpText = `Weir collects metrics, changes them on the way, and hands them on.

  weir [run] --config FILE      run the pipelines of a configuration
  weir validate --config FILE   find every mistake in it, and start nothing
  weir print-config --config FILE
                                print it merged, with every default filled in
  weir rbac --config FILE       print the Kubernetes roles that it needs
  weir components               list the components of this build
  weir schema                   print the JSON Schema of a file, for editors
  weir help | --version

Options of run, validate, print-config and rbac:
  --config FILE     a file, or yaml:TEXT; several are merged, and the later wins
  --set A.B=VALUE   set one value, over all files
  --strict          unset variables are mistakes, not warnings

Options of print-config:
  --unredacted      print secrets too; they are [REDACTED] otherwise
  --format FORMAT   yaml (the default) or json

Options of rbac:
  --name NAME       of the service account and its roles: weir
  --namespace NAME  where Weir runs: default

While it runs:
  SIGHUP            read the configuration again; so does POST /-/reload on
                    127.0.0.1:13133, and a change of the file
  SIGTERM, SIGINT   deliver what is queued, then stop; a second one stops at once

Exit status: 0 done, 1 the configuration is wrong or cannot start,
2 the command line is wrong, 70 an error of Weir itself.
`
