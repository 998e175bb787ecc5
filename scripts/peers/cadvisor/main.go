// cAdvisor's manager and Prometheus collector behind a page, as its own command has them: that command is in no module.
package main

import (
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/google/cadvisor/lib/cache/memory"
	"github.com/google/cadvisor/lib/container"
	_ "github.com/google/cadvisor/lib/container/containerd/install"
	_ "github.com/google/cadvisor/lib/container/systemd/install"
	"github.com/google/cadvisor/lib/manager"
	"github.com/google/cadvisor/lib/metrics"
	"github.com/google/cadvisor/lib/model"
	"github.com/google/cadvisor/lib/utils/sysfs"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/utils/clock"
)

// What the kubelet includes, where its statistics come from the runtime.
var kubeletMetrics = container.MetricSet{
	container.CpuUsageMetrics:     struct{}{},
	container.MemoryUsageMetrics:  struct{}{},
	container.CpuLoadMetrics:      struct{}{},
	container.DiskIOMetrics:       struct{}{},
	container.NetworkUsageMetrics: struct{}{},
	container.AppMetrics:          struct{}{},
	container.ProcessMetrics:      struct{}{},
	container.OOMMetrics:          struct{}{},
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where to serve /metrics")
	interval := flag.Duration("interval", time.Second, "how often each container is measured")
	asKubelet := flag.Bool("as-kubelet", false, "measure what the kubelet has measured, not all")
	flag.Parse()
	isDynamic := false
	metricSet := container.AllMetrics
	if *asKubelet {
		metricSet = kubeletMetrics
	}
	housekeeping := manager.HousekeepingConfig{Interval: interval, AllowDynamic: &isDynamic}
	cache := memory.New(2*time.Minute, nil)
	containers, err := manager.New(cache, sysfs.NewRealSysFs(), housekeeping, metricSet, []string{""}, nil, "", 0)
	if err != nil {
		log.Fatal(err)
	}
	if err := containers.Start(); err != nil {
		log.Fatal(err)
	}
	request := model.RequestOptions{IdType: model.TypeName, Count: 1, Recursive: true}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		metrics.NewPrometheusCollector(containers, nil, metricSet, clock.RealClock{}, request),
		metrics.NewPrometheusMachineCollector(containers, metricSet))
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	log.Fatal(http.ListenAndServe(*listen, nil))
}
