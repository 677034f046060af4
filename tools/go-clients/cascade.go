package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
)

// cascade: what becomes of owned objects when their owner goes in the background, in the foreground, or alone.
func cascade(ctx context.Context, c *cluster) error {
	for _, part := range []struct {
		name string
		run  func(context.Context, *cluster) error
	}{
		{"background", background}, {"foreground", foreground}, {"orphans", orphans}, {"absent", absentOwner},
	} {
		if err := part.run(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

func configMap(c *cluster, name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: name}}
}

// family is an owner, a child that it controls, and a child of that.
func family(ctx context.Context, c *cluster, name string) ([3]*corev1.ConfigMap, error) {
	members := [3]*corev1.ConfigMap{
		configMap(c, name), configMap(c, name+"-child"), configMap(c, name+"-grandchild"),
	}
	for at, member := range members {
		if at > 0 {
			if err := controllerutil.SetControllerReference(members[at-1], member, scheme); err != nil {
				return members, err
			}
		}
		if err := c.client.Create(ctx, member); err != nil {
			return members, err
		}
	}
	// A collector that has not seen them all yet may take its time.
	time.Sleep(200 * time.Millisecond)
	return members, nil
}

func gone(ctx context.Context, c *cluster, object client.Object) error {
	return eventually(ctx, object.GetName()+" goes", func() error {
		err := c.client.Get(ctx, client.ObjectKeyFromObject(object), &corev1.ConfigMap{})
		return expect(apierrors.IsNotFound(err), "it is there (%v)", err)
	})
}

func background(ctx context.Context, c *cluster) error {
	members, err := family(ctx, c, "background")
	if err != nil {
		return err
	}
	if err := c.client.Delete(ctx, members[0], client.PropagationPolicy(metav1.DeletePropagationBackground)); err != nil {
		return err
	}
	if err := c.client.Get(ctx, client.ObjectKeyFromObject(members[0]), configMap(c, "")); !apierrors.IsNotFound(err) {
		return fmt.Errorf("the owner does not go at once: %v", err)
	}
	for _, member := range members {
		if err := gone(ctx, c, member); err != nil {
			return err
		}
	}
	return nil
}

func foreground(ctx context.Context, c *cluster) error {
	members, err := family(ctx, c, "foreground")
	if err != nil {
		return err
	}
	// The child can't go yet, and so neither can the owner.
	patch := client.MergeFrom(members[1].DeepCopy())
	controllerutil.AddFinalizer(members[1], finalizer)
	if err := c.client.Patch(ctx, members[1], patch); err != nil {
		return err
	}
	if err := c.client.Delete(ctx, members[0], client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
		return err
	}
	if err := eventually(ctx, "the child is marked", func() error {
		if err := c.client.Get(ctx, client.ObjectKeyFromObject(members[1]), members[1]); err != nil {
			return err
		}
		return expect(members[1].DeletionTimestamp != nil, "it is not")
	}); err != nil {
		return err
	}
	if err := c.client.Get(ctx, client.ObjectKeyFromObject(members[0]), members[0]); err != nil {
		return fmt.Errorf("the owner goes before its child: %w", err)
	}
	if !controllerutil.ContainsFinalizer(members[0], metav1.FinalizerDeleteDependents) {
		return fmt.Errorf("the owner is held by %v", members[0].Finalizers)
	}
	// The collector writes the same list, so this is no patch.
	if err := eventually(ctx, "the child is let go", func() error {
		if err := c.client.Get(ctx, client.ObjectKeyFromObject(members[1]), members[1]); err != nil {
			return err
		}
		controllerutil.RemoveFinalizer(members[1], finalizer)
		return c.client.Update(ctx, members[1])
	}); err != nil {
		return err
	}
	for _, member := range members {
		if err := gone(ctx, c, member); err != nil {
			return err
		}
	}
	return nil
}

func orphans(ctx context.Context, c *cluster) error {
	members, err := family(ctx, c, "orphans")
	if err != nil {
		return err
	}
	if err := c.client.Delete(ctx, members[0], client.PropagationPolicy(metav1.DeletePropagationOrphan)); err != nil {
		return err
	}
	if err := gone(ctx, c, members[0]); err != nil {
		return err
	}
	if err := c.client.Get(ctx, client.ObjectKeyFromObject(members[1]), members[1]); err != nil {
		return fmt.Errorf("the child: %w", err)
	}
	return expect(
		len(members[1].OwnerReferences) == 0 && members[1].DeletionTimestamp == nil,
		"the child still has %+v", members[1].OwnerReferences,
	)
}

// absentOwner: what refers to an owner that was never there is garbage, too.
func absentOwner(ctx context.Context, c *cluster) error {
	child := configMap(c, "absent-child")
	child.OwnerReferences = []metav1.OwnerReference{
		{APIVersion: "v1", Kind: "ConfigMap", Name: "never", UID: "00000000-0000-0000-0000-000000000000"},
	}
	if err := c.client.Create(ctx, child); err != nil {
		return err
	}
	return gone(ctx, c, child)
}
