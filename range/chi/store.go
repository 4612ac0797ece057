// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// store is the only door to the database.
type store struct {
	db  *dynamodb.Client
	cfg aws.Config
	w   *world
}

// table is a key schema: partition key and, where there is one, sort key.
type table struct {
	name, hash, sort string
	rows             func() []item
}

func openStore(ctx context.Context, w *world, region, endpoint string) (*store, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	db := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
			o.DisableValidateResponseChecksum = true // DynamoDB Local gets the checksum of its errors wrong
		}
	})
	return &store{db: db, cfg: cfg, w: w}, nil
}

func (s *store) schema() []table {
	w := s.w
	return []table{
		{w.tables.catalogue, "kind", "id", w.catalogueItems},
		{w.tables.events, "kind", "created", w.eventItems},
		{w.tables.accounts, "id", "", w.accountItems},
		{w.tables.records, "kind", "id", w.recordItems},
		{w.tables.misc, "kind", "id", w.miscItems},
	}
}

// reset drops and rebuilds every table, so that nothing written survives.
func (s *store) reset(ctx context.Context) error {
	for _, t := range s.schema() {
		_, err := s.db.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &t.name})
		var gone *types.ResourceNotFoundException
		if err != nil && !errors.As(err, &gone) {
			return fmt.Errorf("dropping %s: %w", t.name, err)
		}
		if err := s.create(ctx, t); err != nil {
			return err
		}
		if err := s.fill(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) create(ctx context.Context, t table) error {
	in := &dynamodb.CreateTableInput{TableName: &t.name, BillingMode: types.BillingModePayPerRequest}
	add := func(name string, kind types.KeyType) {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS})
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String(name), KeyType: kind})
	}
	add(t.hash, types.KeyTypeHash)
	if t.sort != "" {
		add(t.sort, types.KeyTypeRange)
	}
	for attempt := 0; ; attempt++ {
		_, err := s.db.CreateTable(ctx, in)
		var busy *types.ResourceInUseException
		if errors.As(err, &busy) && attempt < 100 { // the deletion is still under way
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if err != nil {
			return fmt.Errorf("creating %s: %w", t.name, err)
		}
		break
	}
	for range 200 {
		out, err := s.db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.name})
		if err == nil && out.Table.TableStatus == types.TableStatusActive {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("creating %s: not active after two seconds", t.name)
}

func (s *store) fill(ctx context.Context, t table) error {
	rows := t.rows()
	for len(rows) > 0 {
		n := min(25, len(rows)) // the service's limit for one batch
		var batch []types.WriteRequest
		for _, row := range rows[:n] {
			batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: marshal(row)}})
		}
		rows = rows[n:]
		out, err := s.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{t.name: batch}})
		if err != nil {
			return fmt.Errorf("filling %s: %w", t.name, err)
		}
		if len(out.UnprocessedItems) > 0 {
			return fmt.Errorf("filling %s: %d items were not taken", t.name, len(out.UnprocessedItems[t.name]))
		}
	}
	return nil
}

// checksum covers every row of every table, in an order that does not depend
// on the database.
func (s *store) checksum(ctx context.Context) (string, error) {
	list, err := s.db.ListTables(ctx, &dynamodb.ListTablesInput{})
	if err != nil {
		return "", err
	}
	var lines []string
	for _, name := range list.TableNames {
		rows, err := s.scanAll(ctx, name)
		if err != nil {
			return "", err
		}
		lines = append(lines, "table "+name)
		for _, row := range rows {
			text, err := json.Marshal(row) // map keys come out sorted
			if err != nil {
				return "", err
			}
			lines = append(lines, name+" "+string(text))
		}
	}
	sort.Strings(lines)
	sum := sha256.New()
	for _, line := range lines {
		fmt.Fprintln(sum, line)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (s *store) scanAll(ctx context.Context, name string) ([]item, error) {
	var rows []item
	pages := dynamodb.NewScanPaginator(s.db, &dynamodb.ScanInput{TableName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		rows = append(rows, unmarshalAll(page.Items)...)
	}
	return rows, nil
}

// list reads one partition; next is the sort key to continue from, or "".
func (s *store) list(ctx context.Context, name, kind string, limit int32, after string) (rows []item, next string, err error) {
	in := &dynamodb.QueryInput{TableName: &name, Limit: &limit, KeyConditionExpression: aws.String("kind = :k"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":k": str(kind)}}
	if after != "" {
		in.ExclusiveStartKey = map[string]types.AttributeValue{"kind": str(kind), "id": str(after)}
	}
	out, err := s.db.Query(ctx, in)
	if err != nil {
		return nil, "", err
	}
	if id, ok := out.LastEvaluatedKey["id"].(*types.AttributeValueMemberS); ok {
		next = id.Value
	}
	return unmarshalAll(out.Items), next, nil
}

// get returns nil without an error for an object that does not exist.
func (s *store) get(ctx context.Context, name, kind, id string) (item, error) {
	if id == "" {
		return nil, nil
	}
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &name, Key: map[string]types.AttributeValue{"kind": str(kind), "id": str(id)}})
	if err != nil || out.Item == nil {
		return nil, err
	}
	return unmarshal(out.Item), nil
}

func (s *store) account(ctx context.Context, id string) (item, error) {
	if id == "" {
		return nil, nil
	}
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.w.tables.accounts, Key: map[string]types.AttributeValue{"id": str(id)}})
	if err != nil || out.Item == nil {
		return nil, err
	}
	return unmarshal(out.Item), nil
}

func (s *store) put(ctx context.Context, name string, row item) error {
	_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: marshal(row)})
	return err
}

func (s *store) remove(ctx context.Context, name, kind, id string) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: map[string]types.AttributeValue{"kind": str(kind), "id": str(id)}})
	return err
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func marshal(row item) map[string]types.AttributeValue {
	out := map[string]types.AttributeValue{}
	for k, v := range row {
		switch v := v.(type) {
		case string:
			out[k] = str(v)
		case int:
			out[k] = &types.AttributeValueMemberN{Value: strconv.Itoa(v)}
		case json.Number:
			out[k] = &types.AttributeValueMemberN{Value: v.String()}
		case bool:
			out[k] = &types.AttributeValueMemberBOOL{Value: v}
		}
	}
	return out
}

func unmarshalAll(rows []map[string]types.AttributeValue) []item {
	out := make([]item, 0, len(rows))
	for _, row := range rows {
		out = append(out, unmarshal(row))
	}
	return out
}

func unmarshal(row map[string]types.AttributeValue) item {
	out := item{}
	for k, v := range row {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			out[k] = v.Value
		case *types.AttributeValueMemberN:
			out[k] = json.Number(v.Value)
		case *types.AttributeValueMemberBOOL:
			out[k] = v.Value
		}
	}
	return out
}
