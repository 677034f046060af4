package main

import (
	"context"
	"time"

	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
)

const workers = 4

// collectGarbage runs the garbage collector of kube-controller-manager, for a server that has none. It ends with the
// context.
func collectGarbage(ctx context.Context, config *rest.Config) error {
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	objects, err := metadata.NewForConfig(config)
	if err != nil {
		return err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(clients.Discovery()))
	factory := informerfactory.NewInformerFactory(
		informers.NewSharedInformerFactory(clients, 0),
		metadatainformer.NewSharedInformerFactory(objects, 0),
	)
	started := make(chan struct{})
	collector, err := garbagecollector.NewGarbageCollector(
		ctx, clients, objects, mapper, garbagecollector.DefaultIgnoredResources(), factory, started,
	)
	if err != nil {
		return err
	}
	go collector.Run(ctx, workers, 30*time.Second)
	go collector.Sync(ctx, clients.Discovery(), 5*time.Second)
	factory.Start(ctx.Done())
	close(started)
	return nil
}
