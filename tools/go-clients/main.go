// What Go's clients of Kubernetes do, and whether a server lets them: client-go's leader election and event
// recorders, controller-runtime's client and manager, and what a garbage collector does with owned objects. Each
// scenario makes a namespace of its own, and says where a server went another way.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

const patience = 20 * time.Second

// cluster is what a scenario works with.
type cluster struct {
	config    *rest.Config
	clients   kubernetes.Interface
	client    client.Client
	namespace string
}

var scheme = runtime.NewScheme()

func init() {
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(apiextensionsv1.AddToScheme(scheme))
}

var scenarios = []struct {
	name string
	run  func(context.Context, *cluster) error
}{
	{"leader-election", leaderElection},
	{"core-events", coreEvents},
	{"new-events", newEvents},
	{"apply", serverSideApply},
	{"definitions", definitions},
	{"manager", runManager},
	{"cascade", cascade},
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "candidate" {
		os.Exit(runCandidate(os.Args[2:]))
	}
	// A set of its own, since controller-runtime has put its flags into the default one.
	flags := flag.NewFlagSet("go-clients", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "the kubeconfig `file` of an administrator")
	collect := flags.Bool("collect-garbage", false, "run Kubernetes' own garbage collector meanwhile")
	verbose := flags.Bool("verbose", false, "print what the clients log, too")
	flags.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: go-clients --kubeconfig FILE [options] [scenario...]")
		for _, scenario := range scenarios {
			fmt.Fprintln(os.Stderr, "  ", scenario.name)
		}
		flags.PrintDefaults()
	}
	_ = flags.Parse(os.Args[1:])
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if !*verbose {
		klog.SetLogger(logr.Discard())
		log.SetLogger(logr.Discard())
	} else {
		log.SetLogger(klog.Background())
	}
	os.Exit(run(ctx, *kubeconfig, *collect, flags.Args()))
}

// run prints a line for each scenario, and returns the exit code.
func run(ctx context.Context, kubeconfig string, collect bool, names []string) int {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	config.QPS = -1
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if collect {
		if err := collectGarbage(ctx, config); err != nil {
			fmt.Fprintln(os.Stderr, "garbage collector:", err)
			return 2
		}
	}
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	failed := 0
	for _, scenario := range scenarios {
		if len(names) > 0 && !wanted[scenario.name] {
			continue
		}
		start := time.Now()
		if err := attempt(ctx, config, scenario.name, scenario.run); err != nil {
			failed++
			fmt.Printf("failed %s: %s\n", scenario.name, strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Printf("passed %s in %.1f s\n", scenario.name, time.Since(start).Seconds())
		}
	}
	return min(failed, 1)
}

func attempt(
	ctx context.Context,
	config *rest.Config,
	name string,
	scenario func(context.Context, *cluster) error,
) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	direct, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: name + "-"}}
	if err := direct.Create(ctx, namespace); err != nil {
		return err
	}
	return scenario(ctx, &cluster{config, clients, direct, namespace.Name})
}

// eventually waits until a condition holds, and tells what was missing last when it doesn't within the patience.
func eventually(ctx context.Context, what string, holds func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := holds()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// expect is an error unless a condition holds.
func expect(holds bool, format string, arguments ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, arguments...)
}
