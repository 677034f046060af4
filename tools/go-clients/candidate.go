package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
)

// runCandidate stands for one election until SIGTERM, at which it releases the lease, or its own end. It prints
// "leads TIME" and "stops TIME", in milliseconds since the Unix epoch; what is guarded is over at the latter.
func runCandidate(arguments []string) int {
	flags := flag.NewFlagSet("go-clients candidate", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "the kubeconfig `file` of an administrator")
	namespace := flags.String("namespace", "default", "where the lease is")
	name := flags.String("name", "", "of the lease")
	identity := flags.String("identity", "", "of this candidate")
	_ = flags.Parse(arguments)
	klog.SetLogger(logr.Discard())
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	// client-go releases before it calls OnStoppedLeading, so what is guarded has to be over when its context ends.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	say := func(what string) { fmt.Println(what, time.Now().UnixMilli()) }
	go func() {
		<-asked.Done()
		say("stops")
		cancel()
	}()
	candidate, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: *namespace, Name: *name},
			Client:     clients.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: *identity},
		},
		LeaseDuration:   leaseDuration,
		RenewDeadline:   renewDeadline,
		RetryPeriod:     retryPeriod,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { say("leads") },
			OnStoppedLeading: func() { say("stops") },
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	candidate.Run(ctx)
	return 0
}
