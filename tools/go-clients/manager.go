package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const finalizer = "example.com/go-clients"

// mirror keeps a Secret for each ConfigMap that is labelled so, and lets it go before the ConfigMap does.
type mirror struct{ client.Client }

func (m *mirror) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var source corev1.ConfigMap
	if err := m.Get(ctx, request.NamespacedName, &source); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if source.Labels["mirror"] == "" {
		return ctrl.Result{}, nil
	}
	copied := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: source.Namespace, Name: source.Name}}
	if source.DeletionTimestamp != nil {
		if err := m.Delete(ctx, copied); client.IgnoreNotFound(err) != nil {
			return ctrl.Result{}, err
		}
		controllerutil.RemoveFinalizer(&source, finalizer)
		return ctrl.Result{}, m.Update(ctx, &source)
	}
	if controllerutil.AddFinalizer(&source, finalizer) {
		return ctrl.Result{}, m.Update(ctx, &source)
	}
	_, err := controllerutil.CreateOrUpdate(ctx, m, copied, func() error {
		copied.StringData = source.Data
		return controllerutil.SetControllerReference(&source, copied, scheme)
	})
	return ctrl.Result{}, err
}

// runManager: a manager with an election, caches and a controller that owns what it makes.
func runManager(ctx context.Context, c *cluster) error {
	ctx, cancel := context.WithCancel(ctx)
	manager, err := ctrl.NewManager(c.config, ctrl.Options{
		Scheme:                        scheme,
		Metrics:                       server.Options{BindAddress: "0"},
		Cache:                         cache.Options{DefaultNamespaces: map[string]cache.Config{c.namespace: {}}},
		LeaderElection:                true,
		LeaderElectionID:              "manager.example.com",
		LeaderElectionNamespace:       c.namespace,
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		cancel()
		return err
	}
	if err := ctrl.NewControllerManagedBy(manager).
		For(&corev1.ConfigMap{}).
		Owns(&corev1.Secret{}).
		Complete(&mirror{manager.GetClient()}); err != nil {
		cancel()
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()
	failure := followMirror(ctx, c)
	cancel()
	if err := <-ended; err != nil && failure == nil {
		return fmt.Errorf("the manager ended: %w", err)
	}
	return failure
}

func followMirror(ctx context.Context, c *cluster) error {
	source := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: "source", Labels: map[string]string{"mirror": "yes"}},
		Data:       map[string]string{"key": "1"},
	}
	if err := c.client.Create(ctx, source); err != nil {
		return err
	}
	key := client.ObjectKeyFromObject(source)
	holds := func(value string) func() error {
		return func() error {
			var copied corev1.Secret
			if err := c.client.Get(ctx, key, &copied); err != nil {
				return err
			}
			return expect(
				string(copied.Data["key"]) == value && metav1.IsControlledBy(&copied, source),
				"it is %v of %v", copied.Data, copied.OwnerReferences,
			)
		}
	}
	if err := eventually(ctx, "a secret", holds("1")); err != nil {
		return err
	}
	patch := client.MergeFrom(source.DeepCopy())
	source.Data["key"] = "2"
	if err := c.client.Patch(ctx, source, patch); err != nil {
		return err
	}
	if err := eventually(ctx, "the secret after a change", holds("2")); err != nil {
		return err
	}
	// What it owns is put right when others change it.
	if err := c.client.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}); err != nil {
		return err
	}
	if err := eventually(ctx, "the secret after its deletion", holds("2")); err != nil {
		return err
	}
	if err := c.client.Delete(ctx, source); err != nil {
		return err
	}
	return eventually(ctx, "nothing, at the end", func() error {
		err := c.client.Get(ctx, key, &corev1.ConfigMap{})
		return expect(apierrors.IsNotFound(err), "the source is there: %v", err)
	})
}
