package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

const (
	leaseDuration = 3 * time.Second
	renewDeadline = 2 * time.Second
	retryPeriod   = 300 * time.Millisecond
)

// elector is a candidate that runs until it is stopped.
type elector struct {
	led  chan struct{}
	stop func()
}

func startElector(ctx context.Context, c *cluster, identity string, release bool) (*elector, error) {
	ctx, cancel := context.WithCancel(ctx)
	led := make(chan struct{})
	candidate, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: c.namespace, Name: "lead"},
			Client:     c.clients.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
		},
		LeaseDuration:   leaseDuration,
		RenewDeadline:   renewDeadline,
		RetryPeriod:     retryPeriod,
		ReleaseOnCancel: release,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { close(led) },
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		cancel()
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		candidate.Run(ctx)
	}()
	return &elector{led: led, stop: func() { cancel(); <-done }}, nil
}

func (e *elector) leadsWithin(timeout time.Duration) bool {
	select {
	case <-e.led:
		return true
	case <-time.After(timeout):
		return false
	}
}

// leaderElection: the first leads, the second waits and takes over at once from one that releases, the third only
// after the lease of one that doesn't.
func leaderElection(ctx context.Context, c *cluster) error {
	first, err := startElector(ctx, c, "first", true)
	if err != nil {
		return err
	}
	if !first.leadsWithin(patience) {
		return fmt.Errorf("the first never leads")
	}
	second, err := startElector(ctx, c, "second", false)
	if err != nil {
		return err
	}
	if second.leadsWithin(leaseDuration + time.Second) {
		return fmt.Errorf("the second leads beside the first, which renews")
	}
	first.stop()
	released := time.Now()
	if !second.leadsWithin(leaseDuration) {
		return fmt.Errorf("the second does not lead within a lease, though the first released it")
	}
	if waited := time.Since(released); waited > 2*time.Second {
		return fmt.Errorf("the second took over only after %s", waited)
	}
	third, err := startElector(ctx, c, "third", true)
	if err != nil {
		return err
	}
	defer third.stop()
	second.stop() // without a release, as one that crashes
	crashed := time.Now()
	if !third.leadsWithin(patience) {
		return fmt.Errorf("the third never leads")
	}
	if waited := time.Since(crashed); waited < leaseDuration-renewDeadline {
		return fmt.Errorf("the third took over after %s, before the lease was over", waited)
	}
	lease, err := c.clients.CoordinationV1().Leases(c.namespace).Get(ctx, "lead", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if holder, transitions := *lease.Spec.HolderIdentity, *lease.Spec.LeaseTransitions; holder != "third" || transitions != 2 {
		return fmt.Errorf("the lease says holder %q after %d transitions", holder, transitions)
	}
	return nil
}
