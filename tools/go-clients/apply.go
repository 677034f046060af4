package main

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	appsv1 "k8s.io/api/apps/v1"
)

// serverSideApply: two managers, what they own, and what happens when both want it.
func serverSideApply(ctx context.Context, c *cluster) error {
	one, two := client.FieldOwner("one"), client.FieldOwner("two")
	config := func(data map[string]string) *coreapply.ConfigMapApplyConfiguration {
		return coreapply.ConfigMap("shared", c.namespace).WithData(data)
	}
	read := func() (*corev1.ConfigMap, error) {
		var object corev1.ConfigMap
		err := c.client.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: "shared"}, &object)
		return &object, err
	}

	if err := c.client.Apply(ctx, config(map[string]string{"a": "1", "b": "1"}), one); err != nil {
		return fmt.Errorf("the first apply: %w", err)
	}
	created, err := read()
	if err != nil {
		return err
	}
	if err := c.client.Apply(ctx, config(map[string]string{"a": "1", "b": "1"}), one); err != nil {
		return err
	}
	again, err := read()
	if err != nil {
		return err
	}
	if err := expect(created.ResourceVersion == again.ResourceVersion, "an apply of nothing new has written"); err != nil {
		return err
	}

	err = c.client.Apply(ctx, config(map[string]string{"a": "2"}), two)
	if !apierrors.IsConflict(err) {
		return fmt.Errorf("the second manager gets no conflict, but %v", err)
	}
	status := err.(apierrors.APIStatus).Status()
	if len(status.Details.Causes) != 1 ||
		status.Details.Causes[0].Type != metav1.CauseTypeFieldManagerConflict ||
		status.Details.Causes[0].Field != ".data.a" ||
		!strings.Contains(status.Details.Causes[0].Message, `"one"`) {
		return fmt.Errorf("the conflict names %+v", status.Details.Causes)
	}
	if err := c.client.Apply(ctx, config(map[string]string{"a": "2"}), two, client.ForceOwnership); err != nil {
		return fmt.Errorf("a forced apply: %w", err)
	}
	// The first drops what it still has: b goes; a, which it lost, stays.
	if err := c.client.Apply(ctx, config(nil), one); err != nil {
		return err
	}
	rest, err := read()
	if err != nil {
		return err
	}
	if err := expect(len(rest.Data) == 1 && rest.Data["a"] == "2", "left is %v", rest.Data); err != nil {
		return err
	}
	return applyDeployment(ctx, c)
}

// applyDeployment: lists by their keys, defaults that nobody manages, and a status of its own.
func applyDeployment(ctx context.Context, c *cluster) error {
	labels := map[string]string{"app": "d"}
	deployment := func(containers ...*coreapply.ContainerApplyConfiguration) *appsapply.DeploymentApplyConfiguration {
		return appsapply.Deployment("d", c.namespace).WithSpec(appsapply.DeploymentSpec().
			WithSelector(metaapply.LabelSelector().WithMatchLabels(labels)).
			WithTemplate(coreapply.PodTemplateSpec().WithLabels(labels).
				WithSpec(coreapply.PodSpec().WithContainers(containers...))))
	}
	container := func(name string) *coreapply.ContainerApplyConfiguration {
		return coreapply.Container().WithName(name).WithImage("registry.example/" + name)
	}
	if err := c.client.Apply(ctx, deployment(container("main")), client.FieldOwner("one")); err != nil {
		return err
	}
	if err := c.client.Apply(ctx, deployment(container("sidecar")), client.FieldOwner("two")); err != nil {
		return fmt.Errorf("another's container: %w", err)
	}
	statusOf := appsapply.Deployment("d", c.namespace).WithStatus(appsapply.DeploymentStatus().WithReplicas(1))
	if err := c.client.Status().Apply(ctx, statusOf, client.FieldOwner("controller")); err != nil {
		return fmt.Errorf("the status: %w", err)
	}
	// The second gives its container up, and keeps the labels and the selector that both have.
	if err := c.client.Apply(ctx, deployment(), client.FieldOwner("two")); err != nil {
		return err
	}
	var object appsv1.Deployment
	if err := c.client.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: "d"}, &object); err != nil {
		return err
	}
	containers := object.Spec.Template.Spec.Containers
	if err := expect(len(containers) == 1 && containers[0].Name == "main", "containers %+v", containers); err != nil {
		return err
	}
	managers := map[string]bool{}
	for _, entry := range object.ManagedFields {
		managers[entry.Manager+" "+string(entry.Operation)+" "+entry.Subresource] = true
	}
	return expect(
		object.Status.Replicas == 1 && object.Generation == 3 &&
			managers["one Apply "] && managers["two Apply "] && managers["controller Apply status"],
		"status %+v, generation %d, managers %v", object.Status, object.Generation, managers,
	)
}
