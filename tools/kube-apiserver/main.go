// A Kubernetes API server, the etcd that it stores into and the controllers that work on what is in it,
// in one program that chooses by the name it is started under: they share most of their packages, so
// one program is built once and is a third of the size.
package main

import (
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	if os.Getenv("DEPWATCH_EXIT_ON_STDIN_END") != "" {
		go exitOnStdinEnd()
	}
	switch filepath.Base(os.Args[0]) {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-controller-manager":
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	default:
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	}
}

// exitOnStdinEnd ends the program with the process that holds the other end of its standard input,
// however that one ended: no signal handler of a parent runs when it is killed.
func exitOnStdinEnd() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(1)
}
