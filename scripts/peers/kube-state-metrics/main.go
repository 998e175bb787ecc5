// kube-state-metrics as its own command makes it, in a module whose sums are written down: not every proxy knows them.
package main

import (
	"context"
	"log"

	"github.com/spf13/cobra"

	"k8s.io/kube-state-metrics/v2/pkg/app"
	"k8s.io/kube-state-metrics/v2/pkg/options"
)

func main() {
	opts := options.NewOptions()
	command := options.InitCommand
	command.Run = func(_ *cobra.Command, _ []string) {
		if err := app.RunKubeStateMetricsWrapper(context.Background(), opts); err != nil {
			log.Fatal(err)
		}
	}
	opts.AddFlags(command)
	if err := opts.Parse(); err != nil {
		log.Fatal(err)
	}
}
